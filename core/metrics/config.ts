/** Most points that t-SNE lays out: memory and time grow with the square of their number. */
export const MAX_TSNE_POINTS = 2000;

/** Neighbours that make a ball around an image, for precision, recall, density and coverage, as in Naeem et al. */
export const MANIFOLD_NEIGHBOURS = 5;
