CREATE TABLE `notices` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`text` text NOT NULL,
	`created_at` integer NOT NULL,
	`sent_at` integer
);
--> statement-breakpoint
CREATE INDEX `notices_unsent` ON `notices` (`created_at`) WHERE sent_at IS NULL;--> statement-breakpoint
ALTER TABLE `top_ups` ADD `failure` text;--> statement-breakpoint
UPDATE `top_ups` SET `failure` = (SELECT json_extract(`after`, '$.reason') FROM `audit_log` WHERE `audit_log`.`id` = 'aud_top_up:' || `top_ups`.`status` || ':' || `top_ups`.`id`) WHERE `status` IN ('expired', 'failed');
