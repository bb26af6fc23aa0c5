DROP TABLE messaging_unread_totals;
