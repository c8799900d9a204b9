"""A week of a service, event by event, over the real scripts and a real store, in simulated time."""
