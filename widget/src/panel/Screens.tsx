import { useUi } from "./ui";

export function Loading({ joining }: { joining: boolean }) {
  const { t } = useUi().i18n;
  return (
    <div class="content centre">
      <span class="spinner big" />
      <p role="status">{t(joining ? "joining" : "app.loading")}</p>
    </div>
  );
}
