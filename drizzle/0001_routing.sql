CREATE TABLE `fallbacks` (
	`workspace_id` text NOT NULL,
	`model_id` text NOT NULL,
	`chain` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `model_id`)
);
--> statement-breakpoint
CREATE TABLE `policies` (
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`policy` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `scores` (
	`workspace_id` text NOT NULL,
	`workflow` text NOT NULL,
	`model_id` text NOT NULL,
	`mean` real NOT NULL,
	`lower` real NOT NULL,
	`samples` integer NOT NULL,
	`run_id` text NOT NULL,
	`measured_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `workflow`, `model_id`)
);
--> statement-breakpoint
CREATE TABLE `splits` (
	`workspace_id` text NOT NULL,
	`folded` text NOT NULL,
	`split` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `folded`)
);
--> statement-breakpoint
CREATE TABLE `workflows` (
	`workspace_id` text NOT NULL,
	`name` text NOT NULL,
	`policy` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`workspace_id`, `name`)
);
--> statement-breakpoint
ALTER TABLE `endpoints` ADD `quantization` text;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `data_policy` text;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `deprecated_at` text;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `scales_to_zero` integer;--> statement-breakpoint
ALTER TABLE `endpoints` ADD `weight` real;--> statement-breakpoint
ALTER TABLE `models` ADD `benchmarks` text;--> statement-breakpoint
ALTER TABLE `keys` ADD `policy` text;--> statement-breakpoint
ALTER TABLE `workspaces` ADD `policy` text;