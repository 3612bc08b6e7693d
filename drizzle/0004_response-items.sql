CREATE TABLE `response_items` (
	`workspace_id` text NOT NULL,
	`project_id` text NOT NULL,
	`item_id` text NOT NULL,
	`response_id` text NOT NULL,
	PRIMARY KEY(`workspace_id`, `project_id`, `item_id`),
	FOREIGN KEY (`response_id`) REFERENCES `responses`(`id`) ON UPDATE no action ON DELETE cascade
);
--> statement-breakpoint
CREATE INDEX `response_items_by_response` ON `response_items` (`response_id`);