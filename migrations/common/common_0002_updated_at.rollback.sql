drop function common.set_updated_at();
