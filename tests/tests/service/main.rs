//! The whole service, from outside. Names of tests are promises of the contract.

mod auth;
mod cli;
mod directory;
mod errors;
mod faults_of_the_original;
mod files_fuzz;
mod files_serving;
mod files_sweeping;
mod files_uploading;
mod hostile;
mod idempotency;
mod logs;
mod openapi;
mod presence;
mod rate_limits;
mod receipts;
mod rest_conversations;
mod rest_lists_paging;
mod rest_messages;
mod resume;
mod shutdown;
mod tokens_in_logs;
mod traces;
mod typing;
mod websocket_all;
mod websocket_chat;
