ALTER TABLE `batches` ADD `model` text;--> statement-breakpoint
ALTER TABLE `batches` ADD `usage` text;--> statement-breakpoint
CREATE INDEX `batches_open` ON `batches` (`created_at`) WHERE status in ('validating', 'in_progress', 'finalizing', 'cancelling');