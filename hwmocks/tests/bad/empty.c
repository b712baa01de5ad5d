/* A library without a single symbol of its own. */
typedef int nothing;
