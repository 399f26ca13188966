CREATE TABLE wizard (id integer PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id integer PRIMARY KEY, wizard integer NOT NULL REFERENCES wizard, card text NOT NULL);
