import { render } from "preact";
import { cameBack } from "./state/elsewhere";
import { App } from "./ui/App";
import { SignedInThere } from "./ui/Elsewhere";

const root = document.getElementById("app");
const came = cameBack();
// A second console would take the place of the one that waits.
if (root) render(came === "done" ? <SignedInThere /> : <App came={came} />, root);
