ALTER TABLE `files` ADD `idempotency_key` text;--> statement-breakpoint
ALTER TABLE `files` ADD `digest` text;--> statement-breakpoint
CREATE UNIQUE INDEX `files_by_idempotency_key` ON `files` (`workspace_id`,`project_id`,`idempotency_key`);