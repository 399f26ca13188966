CREATE SCHEMA billing;

CREATE TABLE billing.invoice (
  id     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "order" bigint NOT NULL,
  amount numeric(10, 2) NOT NULL,
  paid   boolean NOT NULL DEFAULT false
);

CREATE TABLE billing.payment_method (
  customer integer PRIMARY KEY,
  iban     text NOT NULL
);
INSERT INTO billing.payment_method VALUES (1, 'GB33BUKB20201555555555');
