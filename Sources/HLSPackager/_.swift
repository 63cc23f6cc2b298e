// HLSPackager
