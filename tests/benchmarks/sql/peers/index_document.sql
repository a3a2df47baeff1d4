-- Every path and value of the documents.
CREATE INDEX document_content ON document USING gin (content jsonb_path_ops)
