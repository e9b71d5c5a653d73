drop table busy_times, busy_calendars;
