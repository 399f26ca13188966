CREATE SCHEMA sales;

-- The table of HashiCorp's post on dynamic database credentials with Vault and Kubernetes.
CREATE TABLE sales.wizard (
  id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL
);
INSERT INTO sales.wizard (name) VALUES ('Merlin'), ('Gandalf'), ('Morgana');

CREATE SEQUENCE sales.order_number;
CREATE TABLE sales.orders (
  number   bigint PRIMARY KEY DEFAULT nextval('sales.order_number'),
  wizard   integer NOT NULL REFERENCES sales.wizard,
  item     text NOT NULL,
  price    numeric(10, 2) NOT NULL CHECK (price >= 0)
);
INSERT INTO sales.orders (wizard, item, price) VALUES (1, 'hat', 20), (2, 'staff', 120.5);

CREATE TABLE sales.customer (
  id      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  country text NOT NULL,
  email   text NOT NULL,
  card    text
);
INSERT INTO sales.customer (country, email, card) VALUES ('GB', 'a@example.com', '4111'), ('IT', 'b@example.com', '4242');

CREATE FUNCTION sales.turnover(since bigint) RETURNS numeric
  LANGUAGE sql STABLE
  RETURN (SELECT coalesce(sum(price), 0) FROM sales.orders WHERE number >= since);
-- PUBLIC may execute new functions by default: then a grant of EXECUTE would say nothing.
REVOKE EXECUTE ON FUNCTION sales.turnover(bigint) FROM PUBLIC;
