DROP TABLE messaging_store;
