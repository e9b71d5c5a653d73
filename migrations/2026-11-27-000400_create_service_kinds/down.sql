-- The version before knows these kinds only.
update services set kind = 'other' where kind not in
    ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other');
update wishes set kind = 'other' where kind not in
    ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other');
alter table services
    drop constraint services_kind_is_known,
    add constraint services_kind_is_known check (kind in
        ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other'));
alter table wishes
    drop constraint wishes_kind_is_known,
    add constraint wishes_kind_is_known check (kind in
        ('portfolio', 'resume', 'cover_letter', 'networking', 'job_hunting', 'interview', 'other'));
drop table service_kinds;
