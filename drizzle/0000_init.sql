CREATE TABLE `model_aliases` (
	`workspace_id` text NOT NULL,
	`folded` text NOT NULL,
	`alias` text NOT NULL,
	`model_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `folded`)
);
--> statement-breakpoint
CREATE TABLE `differences` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`kind` text NOT NULL,
	`subject` text NOT NULL,
	`ledger_amount` integer,
	`receipt_amount` integer,
	`upstream_amount` integer,
	`found_at` integer NOT NULL,
	`resolved_at` integer
);
--> statement-breakpoint
CREATE INDEX `differences_by_workspace` ON `differences` (`workspace_id`,`found_at`);--> statement-breakpoint
CREATE INDEX `differences_by_age` ON `differences` (`found_at`);--> statement-breakpoint
CREATE TABLE `invoices` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`number` integer NOT NULL,
	`kind` text NOT NULL,
	`period` text NOT NULL,
	`subject` text NOT NULL,
	`document` text NOT NULL,
	`issued_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_number_unique` ON `invoices` (`number`);--> statement-breakpoint
CREATE UNIQUE INDEX `invoices_once` ON `invoices` (`workspace_id`,`kind`,`subject`);--> statement-breakpoint
CREATE INDEX `invoices_by_workspace` ON `invoices` (`workspace_id`,`period`);--> statement-breakpoint
CREATE TABLE `jobs` (
	`name` text PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `payment_events` (
	`id` text PRIMARY KEY NOT NULL,
	`type` text NOT NULL,
	`handled_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `reconciliations` (
	`workspace_id` text PRIMARY KEY NOT NULL,
	`ledger` integer NOT NULL,
	`receipts` integer NOT NULL,
	`settled` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `top_ups` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`amount` integer NOT NULL,
	`status` text NOT NULL,
	`kind` text NOT NULL,
	`reference` text,
	`payment` text,
	`created_by` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `top_ups_reference_unique` ON `top_ups` (`reference`);--> statement-breakpoint
CREATE UNIQUE INDEX `top_ups_payment_unique` ON `top_ups` (`payment`);--> statement-breakpoint
CREATE INDEX `top_ups_by_workspace` ON `top_ups` (`workspace_id`);--> statement-breakpoint
CREATE INDEX `top_ups_open` ON `top_ups` (`created_at`) WHERE status = 'open';--> statement-breakpoint
CREATE UNIQUE INDEX `top_ups_one_automatic` ON `top_ups` (`workspace_id`) WHERE kind = 'automatic' AND status = 'open';--> statement-breakpoint
CREATE TABLE `accounts` (
	`id` text PRIMARY KEY NOT NULL,
	`account_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`user_id` text NOT NULL,
	`access_token` text,
	`refresh_token` text,
	`id_token` text,
	`access_token_expires_at` integer,
	`refresh_token_expires_at` integer,
	`scope` text,
	`password` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `accounts_by_user` ON `accounts` (`user_id`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`subject` text PRIMARY KEY NOT NULL,
	`count` integer NOT NULL,
	`ends_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `attempts_by_end` ON `attempts` (`ends_at`);--> statement-breakpoint
CREATE TABLE `invitations` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`email` text NOT NULL,
	`role` text NOT NULL,
	`status` text NOT NULL,
	`inviter_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `invitations_by_workspace` ON `invitations` (`workspace_id`);--> statement-breakpoint
CREATE TABLE `members` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`user_id` text NOT NULL,
	`role` text NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `members_of_workspace` ON `members` (`workspace_id`,`user_id`);--> statement-breakpoint
CREATE INDEX `members_by_user` ON `members` (`user_id`);--> statement-breakpoint
CREATE TABLE `sessions` (
	`id` text PRIMARY KEY NOT NULL,
	`token` text NOT NULL,
	`user_id` text NOT NULL,
	`expires_at` integer NOT NULL,
	`ip_address` text,
	`user_agent` text,
	`active_organization_id` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX `sessions_token_unique` ON `sessions` (`token`);--> statement-breakpoint
CREATE INDEX `sessions_by_user` ON `sessions` (`user_id`);--> statement-breakpoint
CREATE INDEX `sessions_by_end` ON `sessions` (`expires_at`);--> statement-breakpoint
CREATE TABLE `users` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`email` text NOT NULL,
	`email_verified` integer NOT NULL,
	`image` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`trial_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `users_email_unique` ON `users` (`email`);--> statement-breakpoint
CREATE TABLE `verifications` (
	`id` text PRIMARY KEY NOT NULL,
	`identifier` text NOT NULL,
	`value` text NOT NULL,
	`expires_at` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `verifications_by_identifier` ON `verifications` (`identifier`);--> statement-breakpoint
CREATE TABLE `probes` (
	`endpoint_id` text NOT NULL,
	`ability` text NOT NULL,
	`result` text NOT NULL,
	`evidence` text NOT NULL,
	`cost` integer NOT NULL,
	`probed_at` integer NOT NULL,
	PRIMARY KEY(`endpoint_id`, `ability`)
);
--> statement-breakpoint
CREATE TABLE `aliases` (
	`alias` text PRIMARY KEY NOT NULL,
	`model_id` text NOT NULL,
	`source` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `credentials` (
	`id` text PRIMARY KEY NOT NULL,
	`provider_id` text NOT NULL,
	`workspace_id` text,
	`sealed` text NOT NULL,
	`last_four` text NOT NULL,
	`name` text,
	`priority` integer DEFAULT 0 NOT NULL,
	`weight` integer DEFAULT 1 NOT NULL,
	`exclusive` integer DEFAULT false NOT NULL,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `credentials_by_provider` ON `credentials` (`provider_id`);--> statement-breakpoint
CREATE INDEX `credentials_by_workspace` ON `credentials` (`workspace_id`);--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`model_id` text NOT NULL,
	`provider_id` text NOT NULL,
	`upstream_model` text NOT NULL,
	`context_length` integer,
	`max_output_tokens` integer,
	`regions` text NOT NULL,
	`capabilities` text NOT NULL,
	`rank` integer NOT NULL,
	`source` text NOT NULL,
	`retired_at` integer,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `endpoints_by_model` ON `endpoints` (`model_id`);--> statement-breakpoint
CREATE TABLE `models` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`vendor` text NOT NULL,
	`family` text,
	`kind` text NOT NULL,
	`context_length` integer,
	`max_output_tokens` integer,
	`input_modalities` text NOT NULL,
	`output_modalities` text NOT NULL,
	`knowledge` text,
	`release_date` text,
	`open_weights` integer,
	`source` text NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `prices` (
	`id` text PRIMARY KEY NOT NULL,
	`endpoint_id` text NOT NULL,
	`price` text,
	`source` text NOT NULL,
	`effective_from` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `prices_by_endpoint` ON `prices` (`endpoint_id`,`effective_from`);--> statement-breakpoint
CREATE TABLE `providers` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`base_url` text NOT NULL,
	`wire` text NOT NULL,
	`auth` text NOT NULL,
	`headers` text,
	`quirks` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `registry_state` (
	`name` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `registry_changes` (
	`id` text PRIMARY KEY NOT NULL,
	`endpoint_id` text NOT NULL,
	`reason` text NOT NULL,
	`before` text NOT NULL,
	`after` text NOT NULL,
	`state` text NOT NULL,
	`found_at` integer NOT NULL,
	`decided_at` integer,
	`decided_by` text
);
--> statement-breakpoint
CREATE INDEX `registry_changes_by_endpoint` ON `registry_changes` (`endpoint_id`);--> statement-breakpoint
CREATE TABLE `audit_log` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text,
	`actor` text NOT NULL,
	`action` text NOT NULL,
	`target` text NOT NULL,
	`before` text,
	`after` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `audit_log_by_workspace` ON `audit_log` (`workspace_id`,`created_at`);--> statement-breakpoint
CREATE TABLE `keys` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`project_id` text NOT NULL,
	`name` text NOT NULL,
	`role` text NOT NULL,
	`hash` text NOT NULL,
	`last_four` text NOT NULL,
	`previous_hash` text,
	`previous_expires_at` integer,
	`user_id` text,
	`models` text,
	`allowance` text,
	`allowed_ips` text,
	`metadata` text,
	`expires_at` integer,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `keys_hash_unique` ON `keys` (`hash`);--> statement-breakpoint
CREATE UNIQUE INDEX `keys_previous_hash_unique` ON `keys` (`previous_hash`);--> statement-breakpoint
CREATE INDEX `keys_by_workspace` ON `keys` (`workspace_id`);--> statement-breakpoint
CREATE TABLE `member_allowances` (
	`workspace_id` text NOT NULL,
	`user_id` text NOT NULL,
	`allowance` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `user_id`)
);
--> statement-breakpoint
CREATE TABLE `projects` (
	`id` text PRIMARY KEY NOT NULL,
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`allowance` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `projects_by_workspace` ON `projects` (`workspace_id`);--> statement-breakpoint
CREATE TABLE `workspaces` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`slug` text,
	`logo` text,
	`metadata` text,
	`created_at` integer NOT NULL,
	`models` text,
	`allowance` text,
	`pricing` text,
	`customer` text,
	`auto_top_up` text,
	`tax` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `workspaces_slug_unique` ON `workspaces` (`slug`);