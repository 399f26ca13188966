CREATE SCHEMA staff;

CREATE TABLE staff.member (
  id   integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL,
  desk text
);
INSERT INTO staff.member (name, desk) VALUES ('Ada', 'A1'), ('Grace', 'B2');

CREATE TABLE staff.shift (
  member integer NOT NULL REFERENCES staff.member,
  day    date NOT NULL,
  PRIMARY KEY (member, day)
);
