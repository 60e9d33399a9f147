/** Most points that t-SNE lays out: memory and time grow with the square of their number. */
export const MAX_TSNE_POINTS = 2000;
