-- What is there already. Leasehold runs none of it.
CREATE ROLE shop_owner NOLOGIN;
CREATE ROLE shop_web LOGIN;

CREATE SCHEMA sales AUTHORIZATION shop_owner;
SET ROLE shop_owner;
CREATE TABLE sales.orders (id serial PRIMARY KEY, wizard text NOT NULL, shipped boolean NOT NULL DEFAULT false);
CREATE VIEW sales.open_orders AS SELECT id, wizard FROM sales.orders WHERE NOT shipped;

-- Made by hand, years ago. It stays until nobody logs in with it any more.
GRANT USAGE ON SCHEMA sales TO shop_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON sales.orders TO shop_web;
GRANT USAGE ON SEQUENCE sales.orders_id_seq TO shop_web;
GRANT SELECT ON sales.open_orders TO shop_web;
