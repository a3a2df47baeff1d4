-- The first 64 bits of a SHA-1 in hexadecimal.
CREATE TEMP MACRO prefix_of(digest) AS ('0x' || substr(digest, 1, 16))::UBIGINT
