/** What is told. */
export type NoticeKind = 'auto_top_up_stopped' | 'budget_alert';

/** Something that those who handle a workspace's money are told by mail, once. */
export interface Notice {
  /** Named after what it tells: of those of one id the first counts. */
  id: string;
  workspaceId: string;
  kind: NoticeKind;
  subject: string;
  text: string;
  /** Unix milliseconds. */
  createdAt: number;
}
