//! Cubes of which counts were changed, as a set that may be published: attacked, counted and with a certificate.

use model::{Cube, Value};

use crate::audit::audit;
use crate::{
    Attack, AuditOptions, Certificate, Error, Exposed, Finding, Loss, Method, Policy, ProtectedCube,
    Protection, TableReport,
};

impl Loss {
    pub(crate) fn add(&mut self, counted: u64, published: u64) {
        let distance = counted.abs_diff(published);
        self.changed += usize::from(distance > 0);
        self.largest = self.largest.max(distance);
        self.mean += (distance as f64 - self.mean) / (self.cells as f64 + 1.0);
        self.cells += 1;
    }
}

impl Protection {
    /// What there is to say of cubes whose counts were changed; `truth` are the cubes before that, in the same order.
    ///
    /// The attacker knows the method: each published count stands for an interval, and the sums of true counts may
    /// narrow it. A small count that he then knows more closely than [`Policy::protection`] and than the method alone leaves
    /// open is in [`Protection::exposed`].
    /// Differential privacy makes its promise against all attackers, so that none is let loose. A cube with a waiver is
    /// published whole, and he knows it.
    ///
    /// # Errors
    /// When there is no cube, one is not changed, or they are changed by different methods: what one method hides another
    /// may show. When the attack cannot be carried out.
    pub fn of_changed(truth: &[&Cube], cubes: Vec<ProtectedCube>, policy: &Policy) -> Result<Self, Error> {
        // What has a waiver is published whole, and the attacker knows it.
        let mut methods = cubes.iter().filter(|c| c.waiver().is_none()).map(ProtectedCube::changed);
        let method = methods.next().flatten().copied();
        let Some(method) = method.filter(|m| methods.all(|other| other == Some(m))) else {
            return Err(Error::Policy {
                what: "tables that are not all changed by one method".into(),
                help: "change the counts of all tables of a release in one way".into(),
            });
        };
        let attacked =
            if matches!(method, Method::Privacy { .. }) { None } else { Some(attack(&cubes, policy)?) };
        let (attack, exposed) =
            attacked.map_or((None, Vec::new()), |(attack, exposed)| (Some(attack), exposed));
        let rule = policy.rule();
        let tables = truth.iter().zip(&cubes).map(|(t, c)| report(t, c, policy.threshold)).collect();
        let certificate = Certificate::of_changed(method, rule, &cubes, attack);
        let attack = attack.unwrap_or_default();
        Ok(Protection { cubes, tables, attack, exposed, certificate, gap: None })
    }
}

fn report(truth: &Cube, cube: &ProtectedCube, threshold: u64) -> TableReport {
    let cells = truth.cells.len();
    let mut report = TableReport { name: cube.id().to_owned(), cells, primary: 0, suppressed: 0, loss: None };
    if cube.changed().is_none() {
        return report;
    }
    let mut loss = Loss::default();
    for (value, (_, cell)) in truth.cells.values().zip(cube.cells()) {
        if let (Some(counted), Value::Count(published)) = (value.count(), cell.value) {
            loss.add(counted, published);
            report.primary += usize::from(counted > 0 && counted < threshold);
        }
    }
    TableReport { loss: Some(loss), ..report }
}

fn attack(cubes: &[ProtectedCube], policy: &Policy) -> Result<(Attack, Vec<Exposed>), Error> {
    let options = AuditOptions {
        threshold: Some(policy.threshold),
        protection: policy.protection,
        open_small: true,
        missing: false,
        ..AuditOptions::default()
    };
    // What a table with a waiver shows needs no protection.
    let waived = |f: &Finding| cubes.iter().any(|c| c.id() == f.table && c.waiver().is_some());
    let known: Vec<Cube> = cubes.iter().map(ProtectedCube::known).collect();
    let found = audit(&known, &options)?;
    // That a count is known closely is a secret only of small ones.
    let small =
        |f: &&Finding| f.lower < policy.threshold && f.upper.is_some_and(|upper| upper > 0) && !waived(f);
    let small: Vec<&Finding> = found.findings.iter().filter(small).collect();
    let exact = small.iter().filter(|f| f.exact).count();
    let attack = Attack { targets: found.cells_attacked, exact, narrow: small.len() - exact };
    let exposed = small
        .into_iter()
        .map(|f| Exposed { table: f.table.clone(), cell: f.cell.clone(), waived: Vec::new() })
        .collect();
    Ok((attack, exposed))
}
