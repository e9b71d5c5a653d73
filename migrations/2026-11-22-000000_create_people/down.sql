drop table join_requests, email_domains, api_tokens, sign_in_links, sessions, photos, profiles, people;
