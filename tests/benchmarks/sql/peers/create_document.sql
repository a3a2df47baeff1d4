-- One JSON document per series of images or waveforms.
CREATE TABLE document (patient integer NOT NULL, content jsonb NOT NULL)
