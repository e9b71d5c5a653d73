drop index listings_by_load;
