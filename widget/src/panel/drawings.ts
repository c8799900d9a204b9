import { draw } from "./icons";

/** Drawings of the part that is loaded later. */
export const MORE = {
  send: "M4 12 20 4l-5 16-3.5-6.5L4 12zM11.5 13.5 20 4",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7.5V12l3 2",
  seen: "m2.5 12.5 4 4L14 8.5M11 15l1.5 1.5L21 8",
  down: "m6 9 6 6 6-6",
  chat: "M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2z",
  sound: "M4 10v4h3.5L12 18V6L7.5 10H4zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11",
} as const;

draw(MORE);
