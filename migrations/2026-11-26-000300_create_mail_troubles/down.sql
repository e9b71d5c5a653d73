drop table unsubscribed;
drop table mail_troubles;
