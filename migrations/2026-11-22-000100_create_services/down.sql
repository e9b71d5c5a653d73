drop table one_off_times, hours, availability, services;
