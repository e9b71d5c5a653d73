alter table api_tokens
    add column id uuid not null default gen_random_uuid(),
    add column name text not null default '',
    add column expires_at timestamptz,
    add column used_at timestamptz,
    add constraint api_tokens_id_unique unique (id);
alter table api_tokens alter column id drop default;
comment on column api_tokens.name is 'What its owner calls it.';
comment on column api_tokens.expires_at is 'Empty: only when it is revoked.';
comment on column api_tokens.used_at is 'When it was last used, within an hour.';
