/** Where a person who must leave at once lands: public, ordinary, and tells nothing. */
export const NEUTRAL_PAGE = "https://www.ilmatieteenlaitos.fi/";
