//! From words to a condition.

use serde_json::Value;

use super::lexer::{Token, tokens};
use super::{ConditionError, Expression, Operator};
use crate::expression::Segment;

/// Parentheses and negations inside each other, at most.
const NESTING_MAX: usize = 64;

/// Operators with two sides, at most: a chain makes a tree as deep as it is long.
const OPERATORS_MAX: usize = 256;

/// The operators by precedence, weakest first; all group from the left.
const LEVELS: [&[(&str, Operator)]; 4] = [
    &[("||", Operator::Or)],
    &[("&&", Operator::And)],
    &[
        ("===", Operator::StrictEqual),
        ("!==", Operator::StrictUnequal),
        ("==", Operator::LooseEqual),
        ("!=", Operator::LooseUnequal),
    ],
    &[
        ("<=", Operator::LessOrEqual),
        (">=", Operator::GreaterOrEqual),
        ("<", Operator::Less),
        (">", Operator::Greater),
    ],
];

pub(super) fn parse(text: &str) -> Result<Expression, ConditionError> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, end: text.len(), depth: 0, operators: 0 };
    let condition = if parser.takes_name("if") {
        parser.branches()?
    } else if parser.is_function() {
        parser.function()?
    } else {
        parser.level(0)?
    };
    while parser.takes(";") {}
    if parser.at < parser.tokens.len() {
        return Err(parser.expected("an operator or the end of the condition"));
    }
    Ok(condition)
}

struct Parser {
    tokens: Vec<(usize, Token)>,
    at: usize,
    end: usize,
    depth: usize,
    operators: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(_, token)| token)
    }

    fn expected(&self, expected: &'static str) -> ConditionError {
        let offset = self.tokens.get(self.at).map_or(self.end, |(offset, _)| *offset);
        ConditionError { offset, expected }
    }

    fn takes(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Sign(next)) if *next == sign);
        self.at += usize::from(found);
        found
    }

    fn takes_name(&mut self, name: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Name(next)) if next == name);
        self.at += usize::from(found);
        found
    }

    fn need(&mut self, sign: &str, expected: &'static str) -> Result<(), ConditionError> {
        if self.takes(sign) { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn deeper(&mut self) -> Result<(), ConditionError> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            Err(self.expected("conditions nested at most 64 deep"))
        } else {
            Ok(())
        }
    }

    /// `if (c) { true; } else { false; }`, the `if` already taken.
    fn branches(&mut self) -> Result<Expression, ConditionError> {
        self.need("(", "`(` after `if`")?;
        let condition = self.level(0)?;
        self.need(")", "an operator or `)`")?;
        let then = self.branch()?;
        if !self.takes_name("else") {
            return Err(self.expected("`else`"));
        }
        let otherwise = self.branch()?;
        Ok(match (then, otherwise) {
            (true, false) => Expression::Not(Box::new(Expression::Not(Box::new(condition)))),
            (false, true) => Expression::Not(Box::new(condition)),
            (same, _) => Expression::Literal(Value::Bool(same)),
        })
    }

    fn branch(&mut self) -> Result<bool, ConditionError> {
        let braced = self.takes("{");
        let _ = self.takes_name("return");
        let value = if self.takes_name("true") {
            true
        } else if self.takes_name("false") {
            false
        } else {
            return Err(self.expected("`true` or `false`"));
        };
        while self.takes(";") {}
        if braced {
            self.need("}", "`}`")?;
        }
        Ok(value)
    }

    fn is_function(&self) -> bool {
        matches!(self.tokens.get(..2), Some([(_, Token::Sign("(")), (_, Token::Name(name))]) if name == "function")
    }

    /// `(function () { return c; })()`.
    fn function(&mut self) -> Result<Expression, ConditionError> {
        self.at += 2;
        self.need("(", "`()` after `function`")?;
        self.need(")", "a function without parameters")?;
        self.need("{", "`{`")?;
        if !self.takes_name("return") {
            return Err(self.expected("`return`"));
        }
        let condition = self.level(0)?;
        while self.takes(";") {}
        self.need("}", "an operator or `}`")?;
        self.need(")", "`)`")?;
        self.need("(", "the call `()`")?;
        self.need(")", "the call `()`")?;
        Ok(condition)
    }

    fn level(&mut self, level: usize) -> Result<Expression, ConditionError> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.level(level + 1)?;
        while let Some(operator) =
            operators.iter().find(|(sign, _)| self.takes(sign)).map(|(_, operator)| *operator)
        {
            self.operators += 1;
            if self.operators > OPERATORS_MAX {
                return Err(self.expected("at most 256 operators"));
            }
            let right = self.level(level + 1)?;
            left = Expression::Binary(Box::new(left), operator, Box::new(right));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, ConditionError> {
        let expected = self.expected("a path, a literal, `!` or `(`");
        if self.takes("!") {
            self.deeper()?;
            let operand = self.unary()?;
            self.depth -= 1;
            return Ok(Expression::Not(Box::new(operand)));
        }
        if self.takes("(") {
            self.deeper()?;
            let inner = self.level(0)?;
            self.depth -= 1;
            self.need(")", "an operator or `)`")?;
            return Ok(inner);
        }
        if self.takes("-") {
            return match self.next() {
                Some(Token::Number(number)) => Ok(number_literal(-number)),
                _ => Err(expected),
            };
        }
        match self.next() {
            Some(Token::Number(number)) => Ok(number_literal(number)),
            Some(Token::Text(text)) => Ok(Expression::Literal(Value::String(text))),
            Some(Token::Name(name)) => match name.as_str() {
                "true" => Ok(Expression::Literal(Value::Bool(true))),
                "false" => Ok(Expression::Literal(Value::Bool(false))),
                "null" => Ok(Expression::Literal(Value::Null)),
                "undefined" => Ok(Expression::Undefined),
                "$" => self.path(),
                _ => Err(expected),
            },
            _ => Err(expected),
        }
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += usize::from(token.is_some());
        token
    }

    /// The steps after `$`.
    fn path(&mut self) -> Result<Expression, ConditionError> {
        let mut path = Vec::new();
        loop {
            if self.takes(".") {
                let expected = self.expected("a name after `.`");
                match self.next() {
                    Some(Token::Name(name)) => path.push(Segment::Key(name)),
                    _ => return Err(expected),
                }
            } else if self.takes("[") {
                let expected = self.expected("a quoted name or a list position from 0");
                match self.next() {
                    Some(Token::Text(name)) => path.push(Segment::Key(name)),
                    Some(Token::Number(index)) if index.fract() == 0.0 && index < 4_294_967_296.0 => {
                        path.push(Segment::Index(index as i64));
                    }
                    _ => return Err(expected),
                }
                self.need("]", "`]`")?;
            } else if matches!(self.peek(), Some(Token::Sign("("))) {
                return Err(self.expected("a path or comparison: calls need a script engine"));
            } else {
                return Ok(Expression::Path(path));
            }
        }
    }
}

fn number_literal(number: f64) -> Expression {
    let value = if number.fract() == 0.0
        && number.abs() <= 9_007_199_254_740_992.0
        && !(number == 0.0 && number.is_sign_negative())
    {
        Value::from(number as i64)
    } else {
        Value::from(number)
    };
    Expression::Literal(value)
}
