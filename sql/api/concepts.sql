-- Codes that live statements use, in each of their meanings, for GET concepts.
-- out: concept, role, meaning VARCHAR, language VARCHAR or NULL, rows BIGINT; most used codes first
SELECT canonical AS concept, role, meaning, language, sum(n)::BIGINT AS rows
FROM concept
WHERE canonical IS NOT NULL
GROUP BY canonical, role, meaning, language
ORDER BY sum(sum(n)) OVER (PARTITION BY canonical) DESC, canonical, role, rows DESC, meaning, language
