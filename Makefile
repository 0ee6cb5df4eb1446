.PHONY: run test lint fmt doc

run: ## build, serve on embedded SQLite, run a real example with two workers, stop
	@./examples/order/run.sh

test: ## every test: Rust, PostgreSQL, and the official SDKs
	@./tests/run

lint: ## what CI checks before the tests
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

fmt:
	cargo fmt --all
