/** What is exported: a file with that ending, or a folder. */
export type ExportKind =
  | 'png'
  | 'svg'
  | 'csv'
  | 'md'
  | 'folder'
  | 'model'
  | 'library'
  | 'safetensors'
  | 'zip'
  | 'npz'
  | 'npy'
  | 'parquet'
  | 'gif'
  | 'webp'
  | 'mp4'
  | 'webm'
  | 'html';
