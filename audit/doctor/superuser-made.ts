import { quoteLiteral } from "../../access/model/sql-quoting";
import { SHORT_LOCKS } from "../../constructs/postgres/init-sql";
import { CatalogQuery, elsewhere, ofNoExtension } from "./catalog-query";

/** Code that PostgreSQL runs in statements which do not name it, or that does what no list of an object bounds. Most of it only a superuser makes. */
export const SUPERUSER_MADE: readonly CatalogQuery[] = [
  {
    what: "a cast that somebody made",
    why: "its function runs in statements that do not name it",
    kind: "cast",
    sql: `SELECT format_type(c.castsource, NULL) || ' AS ' || format_type(c.casttarget, NULL) AS name,
                 format('DROP CAST (%s AS %s)', format_type(c.castsource, NULL), format_type(c.casttarget, NULL)) AS fix,
                 concat_ws(' ', c.castcontext, c.castmethod, f.oid, f.proowner, f.prosrc) AS terms
            FROM pg_cast AS c LEFT JOIN pg_proc AS f ON f.oid = c.castfunc WHERE c.oid >= 16384 AND ${ofNoExtension("pg_cast", "c.oid")}`,
  },
  {
    what: "a conversion that somebody made",
    why: "its function runs on all text of a session whose client has another encoding",
    kind: "conversion",
    sql: `SELECT quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS name,
                 'DROP CONVERSION ' || quote_ident(n.nspname) || '.' || quote_ident(c.conname) AS fix,
                 concat_ws(' ', c.conforencoding, c.contoencoding, c.condefault, f.oid, f.proowner, f.prosrc) AS terms
            FROM pg_conversion AS c JOIN pg_namespace AS n ON n.oid = c.connamespace JOIN pg_proc AS f ON f.oid = c.conproc WHERE c.oid >= 16384`,
  },
  {
    what: "a function that is said to leak nothing",
    why: "PostgreSQL runs it before the policies of row-level security and before the conditions of views: it is shown rows that are not the reader's",
    kind: "function",
    sql: `SELECT f.oid::regprocedure::text AS name, 'ALTER FUNCTION ' || f.oid::regprocedure || ' NOT LEAKPROOF' AS fix,
                 concat_ws(' ', f.proowner, f.prosrc, pg_get_function_sqlbody(f.oid)) AS terms
            FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace WHERE f.proleakproof AND f.oid >= 16384 AND n.nspname <> 'lease'
             AND ${ofNoExtension("pg_proc", "f.oid")}`,
  },
  {
    what: "a function of PostgreSQL's own that was replaced, or runs with a superuser's rights",
    why: "everybody calls it, the lease functions and Terraform too; a new server has no such function",
    kind: "function",
    sql: `SELECT f.oid::regprocedure::text AS name,
                 CASE WHEN f.prosecdef THEN 'ALTER FUNCTION ' || f.oid::regprocedure || ' SECURITY INVOKER'
                      WHEN f.proconfig IS NOT NULL THEN 'ALTER FUNCTION ' || f.oid::regprocedure || ' RESET ALL'
                      ELSE 'make the database anew from a dump: ' || f.oid::regprocedure || ' is written in ' || l.lanname END AS fix,
                 concat_ws(' ', f.prosecdef, f.proconfig, f.prosrc) AS terms
            FROM pg_proc AS f JOIN pg_language AS l ON l.oid = f.prolang
           WHERE f.oid < 16384 AND (f.prosecdef OR f.proconfig IS NOT NULL OR f.proowner <> 10 OR l.lanname NOT IN ('internal', 'c', 'sql'))`,
  },
  {
    what: "a language that somebody made, or that everybody may write functions in",
    why: "what is written in it may reach files and memory of the server; only sql and those of an extension are meant to be written in",
    kind: "language",
    sql: `SELECT l.lanname::text AS name, CASE WHEN l.oid < 16384 THEN 'UPDATE pg_language SET lanpltrusted = false WHERE lanname = ' || quote_literal(l.lanname)
                      ELSE 'DROP LANGUAGE ' || quote_ident(l.lanname) END AS fix,
                 concat_ws(' ', l.lanplcallfoid, l.laninline, l.lanvalidator) AS terms
            FROM pg_language AS l WHERE (l.lanpltrusted OR l.oid >= 16384) AND l.lanname <> 'sql' AND ${ofNoExtension("pg_language", "l.oid")}`,
  },
  {
    what: "an object that somebody made part of the extension plpgsql",
    why: "every database has that extension; what belongs to one is taken for what its authors wrote, and no dump has it",
    kind: "object",
    // Its own are two functions of a library, one validator there, and its language; after pg_upgrade they have numbers like those of anybody's objects.
    sql: `SELECT pg_describe_object(d.classid, d.objid, 0) AS name,
                 (SELECT format('ALTER EXTENSION plpgsql DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object(d.classid, d.objid, 0) AS i) AS fix,
                 (SELECT concat_ws(' ', f.proowner, f.prosecdef, f.proleakproof, f.prosrc) FROM pg_proc AS f WHERE f.oid = d.objid AND d.classid = 'pg_proc'::regclass) AS terms
            FROM pg_depend AS d JOIN pg_extension AS x ON x.oid = d.refobjid AND x.extname = 'plpgsql'
           WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
             AND NOT (d.classid = 'pg_proc'::regclass AND EXISTS (SELECT FROM pg_proc AS f WHERE f.oid = d.objid AND f.pronamespace = 'pg_catalog'::regnamespace
                        AND (f.probin = '$libdir/plpgsql' OR f.proname = ${quoteLiteral(SHORT_LOCKS)})))
             AND NOT (d.classid = 'pg_language'::regclass AND EXISTS (SELECT FROM pg_language AS l WHERE l.oid = d.objid AND l.lanname = 'plpgsql'))
             -- Each event trigger is looked at by itself.
             AND d.classid <> 'pg_event_trigger'::regclass`,
  },
  {
    what: "an operator that somebody made",
    why: "its function runs in statements that do not name it, of whoever looks names up in its schema, too: Terraform's provider, where its search_path is not set",
    kind: "object",
    sql: `SELECT pg_describe_object('pg_operator'::regclass, o.oid, 0) AS name,
                 (SELECT 'DROP OPERATOR ' || i.identity FROM pg_identify_object('pg_operator'::regclass, o.oid, 0) AS i) AS fix,
                 concat_ws(' ', f.oid, f.proowner, f.prosecdef, f.prosrc, pg_get_function_sqlbody(f.oid)) AS terms
            FROM pg_operator AS o JOIN pg_proc AS f ON f.oid = o.oprcode
           WHERE o.oid >= 16384 AND o.oprnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             AND ${ofNoExtension("pg_operator", "o.oid")}`,
  },
  {
    what: "an object in a schema of PostgreSQL's own",
    why: "its name is found before every other, by the lease functions and by Terraform, too",
    kind: "object",
    sql: `SELECT pg_describe_object(o.classid, o.oid, 0) AS name,
                 (SELECT format('DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object(o.classid, o.oid, 0) AS i) AS fix,
                 (SELECT concat_ws(' ', f.proowner, f.prosecdef, f.prosrc) FROM pg_proc AS f WHERE f.oid = o.oid AND o.classid = 'pg_proc'::regclass) AS terms
            FROM (SELECT 'pg_proc'::regclass AS classid, oid, pronamespace AS nsp FROM pg_proc
                  UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
                  UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
                  UNION ALL SELECT 'pg_class'::regclass, oid, relnamespace FROM pg_class WHERE relkind NOT IN ('i', 'I')
                  UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type WHERE typrelid = 0 AND typelem = 0) AS o
           WHERE o.oid >= 16384 AND o.nsp IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
             AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = o.classid AND d.objid = o.oid AND d.deptype = 'e')`,
  },
  {
    what: "a function in C, of the server's own code, or in a language that is not trusted",
    why: "only a superuser makes one: it may do what the server's process may do, past the lists of PostgreSQL's own functions, too",
    kind: "function",
    sql: `SELECT f.oid::regprocedure::text AS name, format('DROP %s %s', CASE f.prokind WHEN 'p' THEN 'PROCEDURE' ELSE 'FUNCTION' END, f.oid::regprocedure) AS fix,
                 concat_ws(' ', l.lanname, f.proowner, f.prosecdef, f.prosrc, f.probin) AS terms
            FROM pg_proc AS f JOIN pg_language AS l ON l.oid = f.prolang
           WHERE f.oid >= 16384 AND NOT l.lanpltrusted AND f.prokind <> 'a' AND ${ofNoExtension("pg_proc", "f.oid")}`,
  },
  {
    what: "a function with a support function of the planner",
    why: "only a superuser gives it one: the server's own code runs while a statement is planned that calls it",
    kind: "function",
    // Nothing takes it away but another function.
    sql: `SELECT f.oid::regprocedure::text AS name, 'DROP FUNCTION ' || f.oid::regprocedure AS fix, concat_ws(' ', f.prosupport, f.proowner, f.prosrc) AS terms
            FROM pg_proc AS f JOIN pg_namespace AS n ON n.oid = f.pronamespace
           WHERE f.oid >= 16384 AND f.prosupport <> 0 AND n.nspname <> 'lease' AND ${ofNoExtension("pg_proc", "f.oid")}`,
  },
  {
    what: "a foreign-data wrapper that somebody made",
    why: "its functions run as the server's process, and reach other servers, files or programs",
    kind: "foreign-data wrapper",
    sql: `SELECT w.fdwname::text AS name, 'DROP FOREIGN DATA WRAPPER ' || quote_ident(w.fdwname) AS fix,
                 concat_ws(' ', w.fdwowner, w.fdwhandler, w.fdwvalidator, w.fdwoptions) AS terms
            FROM pg_foreign_data_wrapper AS w WHERE w.oid >= 16384 AND ${ofNoExtension("pg_foreign_data_wrapper", "w.oid")}`,
  },
  ...(
    [
      ["pg_am", "an access method that somebody made", "amname, x.amhandler, x.amtype", "true"],
      ["pg_transform", "a transform that somebody made", "trffromsql, x.trftosql", "true"],
      ["pg_opclass", "an operator class that somebody made", "opcdefault, x.opcowner", elsewhere("opcnamespace")],
      [
        "pg_ts_parser",
        "a text search parser that somebody made",
        "prsstart, x.prstoken, x.prsend, x.prsheadline, x.prslextype",
        "true",
      ],
      ["pg_ts_template", "a text search template that somebody made", "tmplinit, x.tmpllexize", "true"],
      [
        "pg_type",
        "a base type that somebody made",
        "typinput, x.typoutput, x.typreceive, x.typsend, x.typmodin, x.typmodout, x.typanalyze",
        `x.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type AS e WHERE e.typarray = x.oid) AND ${elsewhere("typnamespace")}`,
      ],
    ] as const
  ).map(([catalog, what, terms, which]): CatalogQuery => ({
    what,
    why: "only a superuser makes one: its functions run in statements that do not name them",
    kind: "object",
    sql: `SELECT pg_describe_object('${catalog}'::regclass, x.oid, 0) AS name,
                   (SELECT format('DROP %s %s', upper(i.type), i.identity) FROM pg_identify_object('${catalog}'::regclass, x.oid, 0) AS i) AS fix,
                   concat_ws(' ', x.${terms}) AS terms
              FROM ${catalog} AS x WHERE x.oid >= 16384 AND ${which} AND ${ofNoExtension(catalog, "x.oid")}`,
  })),
  ...(
    [
      ["pg_amproc", "amproc", "pg_proc", "FUNCTION", "x.amprocnum", "x.amproclefttype", "x.amprocrighttype"],
      ["pg_amop", "amop", "pg_operator", "OPERATOR", "x.amopstrategy", "x.amoplefttype", "x.amoprighttype"],
    ] as const
  ).map(([catalog, prefix, member, noun, number, left, right]): CatalogQuery => ({
    what: `${noun === "FUNCTION" ? "a function" : "an operator"} that somebody added to an operator family`,
    why: "only a superuser adds one: indexes and sorts of everybody run it",
    kind: "object",
    // Those of an operator class go with it, and it is found by itself.
    sql: `SELECT pg_describe_object('${catalog}'::regclass, x.oid, 0) AS name,
                   format('ALTER OPERATOR FAMILY %I.%I USING %I DROP ${noun} %s (%s, %s)', n.nspname, y.opfname, a.amname, ${number}, format_type(${left}, NULL), format_type(${right}, NULL)) AS fix,
                   concat_ws(' ', x.${noun === "FUNCTION" ? "amproc" : "amopopr"}) AS terms
              FROM ${catalog} AS x JOIN pg_opfamily AS y ON y.oid = x.${prefix}family JOIN pg_namespace AS n ON n.oid = y.opfnamespace JOIN pg_am AS a ON a.oid = y.opfmethod
             WHERE x.oid >= 16384 AND ${ofNoExtension("pg_opfamily", "y.oid")}
               AND ${ofNoExtension(member, noun === "FUNCTION" ? "x.amproc" : "x.amopopr")}
               AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = '${catalog}'::regclass AND d.objid = x.oid AND d.refclassid = 'pg_opclass'::regclass)`,
  })),
];
