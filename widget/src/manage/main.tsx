import { render } from "preact";
import { cameBack } from "../console/state/elsewhere";
import { App } from "./App";

const root = document.getElementById("app");
if (root) render(<App came={cameBack()} />, root);
