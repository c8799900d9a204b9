import type { ComponentChildren } from "preact";

function Icon({ children, size = 20 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg class="icon" width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor"
      stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Mark = () => (
  <svg class="mark" width="32" height="32" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect class="mark-back" width="32" height="32" rx="9" />
    <path class="mark-front" d="M8 10.5A2.5 2.5 0 0 1 10.5 8h11a2.5 2.5 0 0 1 2.5 2.5v7a2.5 2.5 0 0 1-2.5 2.5H16l-4.6 4v-4h-.9A2.5 2.5 0 0 1 8 17.5z" />
  </svg>
);
export const Back = () => <Icon><path d="M15 5l-7 7 7 7" /></Icon>;
export const Chevron = () => <Icon size={18}><path d="M6 9l6 6 6-6" /></Icon>;
export const Close = () => <Icon size={18}><path d="M6 6l12 12M18 6L6 18" /></Icon>;
export const Send = () => <Icon><path d="M5 12h13M12 5l7 7-7 7" /></Icon>;
export const Lock = () => <Icon size={14}><rect x="5" y="11" width="14" height="9" rx="2" /><path d="M8 11V8a4 4 0 0 1 8 0v3" /></Icon>;
export const Pen = () => <Icon size={14}><path d="M4 20l1-4L16 5l3 3L8 19z" /></Icon>;
export const Gear = () => (
  <Icon>
    <path d="M4 7h10M18 7h2M4 17h2M10 17h10" /><circle cx="16" cy="7" r="2" /><circle cx="8" cy="17" r="2" />
  </Icon>
);
export const Help = () => <Icon><circle cx="12" cy="12" r="9" /><path d="M9.5 9.5a2.5 2.5 0 1 1 3.6 2.3c-.8.4-1.1.9-1.1 1.7M12 16.8v.1" /></Icon>;
export const Info = () => <Icon><circle cx="12" cy="12" r="9" /><path d="M12 11v5.5M12 7.6v.1" /></Icon>;
export const SoundOn = () => <Icon><path d="M4 10v4h3l5 4V6L7 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11" /></Icon>;
export const SoundOff = () => <Icon><path d="M4 10v4h3l5 4V6L7 10zM16 10l5 5M21 10l-5 5" /></Icon>;
export const Out = () => <Icon><path d="M10 5H6a1 1 0 0 0-1 1v12a1 1 0 0 0 1 1h4M14 8l4 4-4 4M18 12H9" /></Icon>;
export const More = () => <Icon><path d="M5 12h.01M12 12h.01M19 12h.01" stroke-width="3" /></Icon>;
export const Clock = () => <Icon size={14}><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></Icon>;
export const Check = () => <Icon size={14}><path d="M5 12.5l4.5 4.5L19 7.5" /></Icon>;
export const DoubleCheck = () => <Icon size={14}><path d="M2.5 12.5L7 17l8-9M11.5 16.5l.8.5L21.5 8" /></Icon>;
export const Warn = () => <Icon size={18}><path d="M12 4l9 16H3zM12 10v4M12 17v.1" /></Icon>;
export const Down = () => <Icon size={16}><path d="M12 5v14M6 13l6 6 6-6" /></Icon>;
export const Person = () => <Icon size={18}><circle cx="12" cy="8" r="3.5" /><path d="M5 20a7 7 0 0 1 14 0" /></Icon>;
export const Calendar = () => <Icon><rect x="4" y="5" width="16" height="15" rx="2" /><path d="M4 10h16M8 3v4M16 3v4" /></Icon>;
