//! Comparisons as Python's JMESPath makes them.
//!
//! The library takes numbers for equal that are nearly so, of which two long order numbers may be
//! some, and knows no order of texts. So comparisons become calls of functions that are made here.

use std::cmp::Ordering;
use std::sync::LazyLock;

use jmespath::ast::{Ast, Comparator};
use jmespath::functions::Function;
use jmespath::{Context, JmespathError, Rcvar, Runtime, Variable};

/// The functions of JMESPath, and those to which [`as_calls`] leads.
pub(super) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut runtime = Runtime::new();
    runtime.register_builtin_functions();
    for comparator in [
        Comparator::Equal,
        Comparator::NotEqual,
        Comparator::LessThan,
        Comparator::LessThanEqual,
        Comparator::GreaterThan,
        Comparator::GreaterThanEqual,
    ] {
        runtime.register_function(name(&comparator), Box::new(Compare(comparator)));
    }
    runtime
});

/// Gives the name of a function that no expression can call itself: it is no identifier.
fn name(comparator: &Comparator) -> &'static str {
    match comparator {
        Comparator::Equal => "==",
        Comparator::NotEqual => "!=",
        Comparator::LessThan => "<",
        Comparator::LessThanEqual => "<=",
        Comparator::GreaterThan => ">",
        Comparator::GreaterThanEqual => ">=",
    }
}

/// Makes a call of each comparison. It goes as deep as the parser of the expression did.
pub(super) fn as_calls(expression: Ast) -> Ast {
    let each = |all: Vec<Ast>| all.into_iter().map(as_calls).collect();
    let boxed = |one: Box<Ast>| Box::new(as_calls(*one));
    match expression {
        Ast::Comparison {
            offset,
            comparator,
            lhs,
            rhs,
        } => Ast::Function {
            offset,
            name: name(&comparator).to_owned(),
            args: vec![as_calls(*lhs), as_calls(*rhs)],
        },
        Ast::Condition {
            offset,
            predicate,
            then,
        } => Ast::Condition {
            offset,
            predicate: boxed(predicate),
            then: boxed(then),
        },
        Ast::Expref { offset, ast } => Ast::Expref {
            offset,
            ast: boxed(ast),
        },
        Ast::Flatten { offset, node } => Ast::Flatten {
            offset,
            node: boxed(node),
        },
        Ast::Function { offset, name, args } => Ast::Function {
            offset,
            name,
            args: each(args),
        },
        Ast::MultiList { offset, elements } => Ast::MultiList {
            offset,
            elements: each(elements),
        },
        Ast::MultiHash {
            offset,
            mut elements,
        } => {
            for pair in &mut elements {
                let value = std::mem::replace(&mut pair.value, Ast::Identity { offset });
                pair.value = as_calls(value);
            }
            Ast::MultiHash { offset, elements }
        }
        Ast::Not { offset, node } => Ast::Not {
            offset,
            node: boxed(node),
        },
        Ast::Projection { offset, lhs, rhs } => Ast::Projection {
            offset,
            lhs: boxed(lhs),
            rhs: boxed(rhs),
        },
        Ast::ObjectValues { offset, node } => Ast::ObjectValues {
            offset,
            node: boxed(node),
        },
        Ast::And { offset, lhs, rhs } => Ast::And {
            offset,
            lhs: boxed(lhs),
            rhs: boxed(rhs),
        },
        Ast::Or { offset, lhs, rhs } => Ast::Or {
            offset,
            lhs: boxed(lhs),
            rhs: boxed(rhs),
        },
        Ast::Subexpr { offset, lhs, rhs } => Ast::Subexpr {
            offset,
            lhs: boxed(lhs),
            rhs: boxed(rhs),
        },
        leaf @ (Ast::Identity { .. }
        | Ast::Field { .. }
        | Ast::Index { .. }
        | Ast::Literal { .. }
        | Ast::Slice { .. }) => leaf,
    }
}

struct Compare(Comparator);

impl Function for Compare {
    fn evaluate(&self, arguments: &[Rcvar], _: &mut Context<'_>) -> Result<Rcvar, JmespathError> {
        let answer = match arguments {
            [left, right] => self.answer(left, right),
            _ => None,
        };
        Ok(Rcvar::new(answer.map_or(Variable::Null, Variable::Bool)))
    }
}

impl Compare {
    /// Says whether it is so; `None` for what has no order.
    fn answer(&self, left: &Variable, right: &Variable) -> Option<bool> {
        match self.0 {
            Comparator::Equal => Some(is_equal(left, right)),
            Comparator::NotEqual => Some(!is_equal(left, right)),
            Comparator::LessThan => order(left, right).map(Ordering::is_lt),
            Comparator::LessThanEqual => order(left, right).map(Ordering::is_le),
            Comparator::GreaterThan => order(left, right).map(Ordering::is_gt),
            Comparator::GreaterThanEqual => order(left, right).map(Ordering::is_ge),
        }
    }
}

fn is_equal(left: &Variable, right: &Variable) -> bool {
    match (left, right) {
        (Variable::Number(_), Variable::Number(_)) => order(left, right) == Some(Ordering::Equal),
        (Variable::Array(left), Variable::Array(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len() && pairs.all(|(left, right)| is_equal(left, right))
        }
        (Variable::Object(left), Variable::Object(right)) => {
            let mut pairs = left.iter().zip(right);
            left.len() == right.len()
                && pairs.all(|(left, right)| left.0 == right.0 && is_equal(left.1, right.1))
        }
        _ => left == right,
    }
}

/// Gives the order of two numbers, or of two texts by their characters.
fn order(left: &Variable, right: &Variable) -> Option<Ordering> {
    match (left, right) {
        (Variable::Number(one), Variable::Number(other)) => {
            let whole = integer(left).zip(integer(right));
            match whole {
                Some((one, other)) => Some(one.cmp(&other)),
                None => one.as_f64()?.partial_cmp(&other.as_f64()?),
            }
        }
        (Variable::String(one), Variable::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

/// Gives a number that was written as a whole one, to its last digit.
fn integer(number: &Variable) -> Option<i128> {
    let Variable::Number(number) = number else {
        return None;
    };
    let negative = number.as_i64().map(i128::from);
    negative.or_else(|| number.as_u64().map(i128::from))
}
