//! TypeScript to JavaScript, one file at a time and without its types.

use std::path::{Path, PathBuf};

use oxc::allocator::Allocator;
use oxc::codegen::{Codegen, CodegenOptions};
use oxc::diagnostics::OxcDiagnostic;
use oxc::parser::Parser;
use oxc::semantic::SemanticBuilder;
use oxc::span::SourceType;
use oxc::transformer::{DecoratorOptions, HelperLoaderMode, TransformOptions, Transformer};

/// What the oldest Node that the host takes can run.
const TARGET: &str = "es2022";
/// No text is longer.
const TEXT_BYTES_MAX: usize = 8 << 20;
/// Room to recurse; only what is used of it is ever taken.
const STACK_BYTES: usize = 512 << 20;

/// The JavaScript of a TypeScript file, with a source map in its last line. Imports that only types need are dropped,
/// decorators are those that TypeScript calls experimental, and whatever runs is still in the same kind of module.
/// The error says where the text is wrong.
pub fn transpile(path: &Path, text: &str) -> Result<String, String> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(format!("{} is longer than {TEXT_BYTES_MAX} bytes", path.display()));
    }
    // The parser and all that follows it recurse as deep as the text nests.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
        let running =
            thread.spawn_scoped(scope, || transpiled(path, text)).map_err(|error| error.to_string())?;
        running.join().unwrap_or_else(|_| Err(format!("{} cannot be transpiled", path.display())))
    })
}

fn transpiled(path: &Path, text: &str) -> Result<String, String> {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, text, source_type(path)).parse();
    if let Some(error) = parsed.diagnostics.into_iter().next() {
        return Err(rendered(&error, path, text));
    }
    let mut program = parsed.program;
    let semantic = SemanticBuilder::new().with_excess_capacity(2.0).with_enum_eval(true).build(&program);
    if let Some(error) = semantic.diagnostics.into_iter().next() {
        return Err(rendered(&error, path, text));
    }
    let scoping = semantic.semantic.into_scoping();
    let options = options()?;
    let transformed = Transformer::new(&allocator, path, &options).build_with_scoping(scoping, &mut program);
    if let Some(error) = transformed.diagnostics.into_iter().next() {
        return Err(rendered(&error, path, text));
    }
    let printing = CodegenOptions { source_map_path: Some(PathBuf::from(path)), ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(printing).build(&program);
    let map = printed.map.map(|map| format!("\n//# sourceMappingURL={}", map.to_data_url()));
    Ok(printed.code + map.as_deref().unwrap_or_default())
}

fn source_type(path: &Path) -> SourceType {
    // Whether it is a module is seen by its imports and exports, not by its name.
    let is_jsx = path.extension().is_some_and(|extension| extension == "tsx");
    SourceType::ts().with_unambiguous(true).with_jsx(is_jsx)
}

fn options() -> Result<TransformOptions, String> {
    let mut options = TransformOptions::from_target(TARGET)?;
    options.assumptions.set_public_class_fields = true;
    options.typescript.remove_class_fields_without_initializer = true;
    options.decorator = DecoratorOptions { legacy: true, ..options.decorator };
    options.helper_loader.mode = HelperLoaderMode::External;
    Ok(options)
}

fn rendered(error: &OxcDiagnostic, path: &Path, text: &str) -> String {
    let offset = error.labels.first().map(|label| label.offset());
    let place = offset.and_then(|offset| text.get(..offset as usize)).map(|before| {
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!(":{line}:{column}")
    });
    format!("{}{}: {}", path.display(), place.unwrap_or_default(), error.message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        let code = transpile(Path::new("x.ts"), text).unwrap();
        code.lines().filter(|line| !line.starts_with("//#")).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn types_go_and_values_stay() {
        let text = "import { A, B, type C } from 'x';\nimport { D } from 'y';\n\
                    export default class X extends A implements D {\n  private b?: B;\n  readonly c = 1 as number;\n}\n";
        let code = code(text);
        assert!(code.contains("import { A } from \"x\""), "{code}");
        assert!(!code.contains("from \"y\"") && !code.contains(['b', 'B', 'D']), "{code}");
        assert!(code.contains("c = 1"), "{code}");
    }

    #[test]
    fn enums_decorators_and_commonjs_are_lowered() {
        let code = code("enum E { A = 'a' }\n@f class X { @g x = E.A }\nexport = X;");
        assert!(code.contains("babelHelpers.decorate") && code.contains("module.exports = X"), "{code}");
    }

    #[test]
    fn deep_texts_do_not_overflow() {
        for (open, close) in
            [("(", ")"), ("[", "]"), ("!", ""), ("a+", ""), ("{", "}"), ("a=>", ""), ("if(a);else ", "")]
        {
            let text = format!(
                "{}{}{}",
                open.repeat(20_000),
                if open == "{" { "" } else { "a" },
                close.repeat(20_000)
            );
            // What comes of it is all the same.
            let _ = transpile(Path::new("x.ts"), &text);
        }
    }

    #[test]
    fn an_error_names_its_place() {
        let error = transpile(Path::new("dir/x.ts"), "let a = 1;\nlet = ;").unwrap_err();
        assert!(error.starts_with("dir/x.ts:2:"), "{error}");
    }
}
