import { useEffect, useState } from "preact/hooks";
import { Help } from "./Help";
import { useUi } from "./ui";

/** The page itself knows the site's numbers: whoever can't be let in needs them most. */
const numbers = () => JSON.parse(document.querySelector<HTMLMetaElement>('meta[name="chatsvc-help"]')!.content) as Parameters<typeof Help>[0];

export function Loading({ joining }: { joining: boolean }) {
  const { t } = useUi().i18n;
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), 5_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div class={long ? "content" : "content centre"}>
      <span class="spinner big" />
      <p role="status">{t(joining ? "joining" : "app.loading")}</p>
      {long && <Help {...numbers()} />}
    </div>
  );
}
