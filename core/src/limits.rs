//! Every limit in one place. Over a limit a call is opaque or refused, never waved through.

/// Longest call on the wire, in bytes.
pub const CALL_BYTES: usize = 256 * 1024;
/// Most values, at any depth, in the arguments of a call; what is beyond counts as unseen.
pub const CALL_VALUES: usize = 2_000;
/// Longest name of a tool or server that is looked up, in bytes.
pub const NAME_BYTES: usize = 256;
/// Most texts in another language that one argument of a tool may hold; of more, the rest is opaque.
pub const ARGUMENT_TEXTS: usize = 48;
/// Most texts given to programs and tools that are not known, and most words of code that is not
/// parsed, that are looked at as paths.
pub const DOUBTFUL_PATHS: usize = 300;
/// Longest path of a file that is looked up, in bytes, without what cancels out in it.
pub const PATH_BYTES: usize = 1024;
/// Deepest nesting of JSON in a call.
pub const JSON_DEPTH: usize = 64;
/// Longest shell text that is parsed, in bytes; longer text is opaque.
pub const SHELL_BYTES: usize = 16 * 1024;
/// Deepest nesting of constructs in shell text that is parsed.
pub const SHELL_DEPTH: usize = 24;
/// Most substitutions in one shell text that is parsed.
pub const SHELL_SUBSTITUTIONS: usize = 64;
/// Most commands, reserved words, redirections, groups and `case` patterns in one shell text that is
/// parsed; what stands in quotes, heredocs and comments does not count.
pub const SHELL_COMMANDS: usize = 500;
/// Most `${…}`, arithmetic and substitutions in one shell text that is parsed.
pub const SHELL_EXPANSIONS: usize = 256;
/// Most `$name`, quoted texts, lines outside of heredocs and signs of arithmetic in one shell text that is
/// parsed, taken together.
pub const SHELL_PIECES: usize = 2_200;
/// Most words of a shell text that is parsed, and that all commands of a shell text, or of one of
/// Windows, are given together, expanded.
pub const SHELL_WORDS: usize = 1_000;
/// How much shell text of a call is parsed: words, commands, expansions and pieces of words, and a sixteenth
/// of the bytes; text inside other text counts twice. Any one text that is parsed at all fits.
pub const SHELL_PARSED: usize = 5_300;
/// Most redirections of a shell text that are followed.
pub const SHELL_REDIRECTIONS: usize = 256;
/// Most words a brace expansion may produce.
pub const BRACE_WORDS: usize = 256;
/// Most URLs that the globbing of an HTTP client is expanded to; of more, a part counts as unseen.
pub const GLOB_URLS: usize = 16;
/// Most words in one command; a command with more is opaque.
pub const COMMAND_WORDS: usize = 600;
/// Longest URL that is read, in bytes.
pub const URL_BYTES: usize = 8 * 1024;
/// Most fields of a form that are read.
pub const FORM_FIELDS: usize = 800;
/// How much of the requests of one program is read: pieces of their texts and a few for each request, as
/// often as it is made; of more, the rest counts as one request that cannot be seen.
pub const REQUEST_PIECES: usize = 140;
/// Most runs of HTTP clients in one call that are read.
pub const CLIENTS: usize = 16;
/// Most credentials of one HTTP request that are looked at; a request with more is opaque.
pub const CREDENTIALS: usize = 8;
/// Longest text that flows through a pipe or file of a call and is remembered, in bytes.
pub const STREAM_BYTES: usize = 32 * 1024;
/// Most origins that are remembered of what flows through a pipe or file of a call; of more, it may
/// hold any secret.
pub const STREAM_ORIGINS: usize = 128;
/// Most origins that are remembered of a file that a program of a call writes to.
pub const ORIGINS: usize = 32;
/// Most files whose names are tried inside a folder that a program of a call writes to.
pub const NAMES_INSIDE: usize = 16;
/// Deepest delegation: `sudo` running `bash -c` running `ssh` and so on.
pub const DELEGATION_DEPTH: usize = 6;
/// Most words that all programs of a call hand on to others, words handed on twice counted twice.
pub const WORDS_HANDED_ON: usize = 1_500;
/// How much of the stack everything that is walked within something else may take, in units of about
/// a kilobyte: functions, shell text, code and programs that programs run all count together.
pub const NESTING: usize = 384;
/// Most lines of standard input that a program is followed through.
pub const INPUT_LINES: usize = 32;
/// Most actions of one call; a call with more is opaque.
pub const ACTIONS: usize = 64;
/// Longest GraphQL document that is parsed, in bytes.
pub const GRAPHQL_BYTES: usize = 7 * 1024;
/// Deepest nesting of a GraphQL document.
pub const GRAPHQL_DEPTH: usize = 64;
/// Most operations and root fields taken from one GraphQL request, fragments expanded.
pub const GRAPHQL_FIELDS: usize = 256;
/// Most fields below the root fields of one GraphQL request that are looked at, fragments expanded.
pub const GRAPHQL_MEMBERS: usize = 2_000;
/// Longest SQL text that is read, in bytes.
pub const SQL_BYTES: usize = 64 * 1024;
/// Most tokens of one SQL text that is read; of one in a dialect that is not known, divided by the
/// number of dialects it is read in.
pub const SQL_TOKENS: usize = 8 * 1024;
/// Most statements of one SQL text that are read, statements inside its texts included; divided alike.
pub const SQL_STATEMENTS: usize = 340;
/// Deepest nesting of SQL texts, blocks and statements inside each other that is followed.
pub const SQL_DEPTH: usize = 8;
/// Longest code of another language that is parsed, in bytes.
pub const CODE_BYTES: usize = 16 * 1024;
/// Longest code of a language that is not told, in bytes: no more than a parser takes tokens, so that none
/// refuses for its length what another would then be alone to read.
pub const UNTOLD_CODE_BYTES: usize = 3_600;
const _: () = assert!(UNTOLD_CODE_BYTES <= CODE_TOKENS);
/// Longest code of a language that is not told and that is valid in several, in bytes.
pub const MIXED_CODE_BYTES: usize = 2 * 1024;
/// Most texts of inline code in one call that are read.
pub const CODE_TEXTS: usize = 12;
/// Most tokens of code of another language that is parsed.
pub const CODE_TOKENS: usize = 4_000;
/// Deepest nesting of brackets, blocks and the like in code that is parsed.
pub const CODE_DEPTH: usize = 32;
/// Longest chain of operators, members and calls in code that is parsed, with the chains around it.
pub const CODE_CHAIN: usize = 160;
/// Most pieces of a text in code of which some cannot be seen; the rest counts as unseen.
pub const CODE_PIECES: usize = 48;
/// Deepest tree of code that is followed.
pub const CODE_TREE_DEPTH: usize = 64;
/// Most expressions and statements of code that are looked at, each as often as it is run.
pub const CODE_STEPS: usize = 1_800;
/// What a call in code costs that does something, in steps.
pub const CODE_CALL_STEPS: usize = 48;
/// Most parts of a list or object in code, at any depth, that are kept.
pub const CODE_PARTS: usize = 1_000;
/// Deepest list or object in code that is kept.
pub const CODE_PARTS_DEPTH: usize = 16;
/// Most items that a loop in code is run for one by one.
pub const CODE_ITEMS: usize = 16;
/// Deepest calls of the code's own functions that are followed.
pub const CODE_CALLS: usize = 8;
/// Longest policy text of one bundle, in bytes.
pub const POLICY_BYTES: usize = 16 * 1024 * 1024;
/// Deepest nesting in policy text; Cedar's parser overflows the stack near 600.
pub const POLICY_DEPTH: usize = 64;
/// Longest chain of operators (`a && b && c`, `a.b.c`) and conditions (`when {a} when {b}`) in a
/// policy, with the chains around it: each nests the syntax tree, which is walked and dropped by
/// recursion.
pub const POLICY_CHAIN: usize = 128;
/// Most elements of sets and records in one policy; Cedar compares each name with all others.
pub const POLICY_ELEMENTS: usize = 5_000;
/// Most annotations of one policy; Cedar compares each with all others.
pub const POLICY_ANNOTATIONS: usize = 32;
/// Most policies of one bundle.
pub const POLICIES: usize = 20_000;
/// Most mistakes reported at once; nothing is loaded whether there is one or more.
pub const MISTAKES: usize = 200;
/// Longest inventory text, in bytes.
pub const INVENTORY_BYTES: usize = 4 * 1024 * 1024;
/// Most approver teams tried as hypothetical approvers.
pub const TEAMS: usize = 64;
