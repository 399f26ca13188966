CREATE TABLE public.wizard (id integer PRIMARY KEY, name text NOT NULL);
INSERT INTO public.wizard VALUES (1, 'Merlin'), (2, 'Circe');
CREATE TABLE public.orders (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, wizard integer NOT NULL REFERENCES public.wizard);
INSERT INTO public.orders (wizard) VALUES (1);
