/** Everything that the audit log can say somebody did, as it names it; each has its text `audit.did.…` in every language. */
export const ACTIONS: readonly string[] = [
  "open_transcript", "seeOpenings", "stepHold", "hold ask", "hold confirm", "hold release",
  "sign_in", "sign_out", "sign_in_refused", "deleteSessions",
  "offerSecondFactor", "putSecondFactor", "removeSecondFactor", "offerPasskey", "addPasskey", "renamePasskey", "removePasskey",
  "counsellor add", "counsellor change", "counsellor set-password", "counsellor disable", "counsellor enable", "counsellor sign-out",
  "counsellor second-factor", "counsellor second-factor remove", "counsellor passkeys remove", "counsellor provider", "counsellor provider remove", "token create", "token revoke",
  "putHours", "postShift", "putShift", "deleteShift", "postAbsence", "putAbsence", "deleteAbsence", "postSwap", "stepSwap", "putMinima",
  "postCalendar", "plan import", "postFeed", "deleteFeed", "apply",
  "site export", "site exported", "site erase", "site erased", "vault rotate", "vault backup", "vault restore", "vault prune-backups",
  "cut_audit_log", "unreadable",
];

/** The part of a text's key that stands for an action: "vault prune-backups" is `vault_prune_backups`. */
export const keyOf = (action: string): string => action.replace(/[ -]/g, "_");
