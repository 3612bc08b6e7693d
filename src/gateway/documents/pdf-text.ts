/** Larger documents are not read: they take memory that all requests of an isolate share. */
export const MAX_PDF_BYTES = 20 * 1024 * 1024;
export const MAX_PAGES = 200;
/** About 100,000 tokens. */
export const MAX_CHARACTERS = 400_000;

/** The text of a document. */
export interface PdfText {
  text: string;
  /** Pages that were read, and those that there are. */
  pages: number;
  totalPages: number;
  /** True when pages or characters beyond the caps were left out. */
  truncated: boolean;
}

/**
 * The text of a PDF, page by page. Scans have none: what is only a picture of text is not read.
 * @throws Error for what is no PDF, is damaged, or takes a password.
 */
export async function readPdfText(bytes: Uint8Array): Promise<PdfText> {
  // Half a megabyte of code, and needed by few requests.
  const { getDocumentProxy } = await import('unpdf');
  const document = await getDocumentProxy(bytes);
  try {
    const totalPages = document.numPages;
    const pages = Math.min(totalPages, MAX_PAGES);
    let text = '';
    let read = 0;
    while (read < pages && text.length < MAX_CHARACTERS) {
      read++;
      const page = await document.getPage(read);
      const { items } = await page.getTextContent();
      for (const item of items) {
        if ('str' in item) text += item.str + (item.hasEOL ? '\n' : '');
      }
      text += '\n\n';
      page.cleanup();
    }
    const truncated = read < totalPages || text.length > MAX_CHARACTERS;
    return { text: text.slice(0, MAX_CHARACTERS).trim(), pages: read, totalPages, truncated };
  } finally {
    await document.destroy();
  }
}
