"""What data.police.uk publishes: crimes, outcomes, stops and searches, by force and month."""
