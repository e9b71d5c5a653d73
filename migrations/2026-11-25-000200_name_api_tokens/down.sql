alter table api_tokens drop column id, drop column name, drop column expires_at, drop column used_at;
