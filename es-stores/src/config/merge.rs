//! One table laid over another.

use crate::settings::{Node, Table, Value};

/// Lays `top` over `base`, table by table; anything but a table is replaced.
pub(super) fn lay_over(base: &mut Table, top: Table) {
    base.values_mut().for_each(mark_inherited);
    for (key, node) in top {
        lay_node(base, key, node);
    }
}

fn lay_node(base: &mut Table, key: String, mut node: Node) {
    if let (Some(Value::Table(below)), Value::Table(above)) = (
        base.get_mut(&key).map(|node| &mut node.value),
        &mut node.value,
    ) {
        for (key, node) in std::mem::take(above) {
            lay_node(below, key, node);
        }
        return;
    }
    base.insert(key, node);
}

fn mark_inherited(node: &mut Node) {
    node.inherited = true;
    if let Value::Table(table) = &mut node.value {
        table.values_mut().for_each(mark_inherited);
    }
}
