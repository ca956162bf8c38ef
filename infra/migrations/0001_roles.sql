-- The two roles requests run as, and auth.uid(), which every policy reads. A Supabase database has all of them already;
-- there this file only makes sure of it. Roles belong to the whole cluster, so another database may be creating them now.
do $$
declare
    wanted text;
begin
    foreach wanted in array array['authenticated', 'service_role'] loop
        begin
            if not exists (select from pg_roles where rolname = wanted) then
                execute format('create role %I nologin noinherit', wanted);
            end if;
        exception when duplicate_object or unique_violation then
            null; -- made by another database of this cluster between the question and the answer
        end;
        -- The login user changes into these roles for each transaction. In production the functions' login is another than the one
        -- that migrates: NOINHERIT, and granted these two roles, so that a statement that forgets to change sees nothing.
        if not pg_has_role(current_user, wanted, 'member') then
            execute format('grant %I to %I', wanted, current_user);
        end if;
    end loop;
end
$$;

create schema if not exists auth;

do $$
begin
    if to_regprocedure('auth.uid()') is null then
        -- https://supabase.com/docs/guides/database/postgres/row-level-security#authuid
        create function auth.uid() returns uuid language sql stable as $body$
            select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid
        $body$;
        comment on function auth.uid() is 'the subject of the request this transaction serves, or null';
        grant usage on schema auth to authenticated, service_role;
        grant execute on function auth.uid() to authenticated, service_role;
    end if;
end
$$;

grant usage on schema public to authenticated, service_role;
