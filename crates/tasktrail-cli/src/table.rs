//! Tables for people.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::text::visible;

/// So many rows are looked at to know how wide the columns are; the cells of later rows may be wider.
const LOOKED_AT: usize = 1000;

/// No column is made wider than this by its cells; a wider one moves what follows in its row.
const WIDEST: usize = 100;

/// Writes rows beneath each other.
pub(crate) struct Table {
    columns: Vec<Column>,
    /// The first rows, until it is known how wide the columns are.
    rows: Option<Vec<Vec<String>>>,
}

struct Column {
    title: String,
    is_right: bool,
    width: usize,
}

impl Table {
    /// Starts with the titles of the columns; those of numbers stand at the right.
    pub(crate) fn new(titles: impl IntoIterator<Item = (String, bool)>) -> Self {
        let columns = titles.into_iter().map(|(title, is_right)| Column {
            width: visible(&title).width(),
            title: visible(&title).into_owned(),
            is_right,
        });
        Self {
            columns: columns.collect(),
            rows: Some(Vec::new()),
        }
    }

    pub(crate) fn add(&mut self, row: Vec<String>, out: &mut impl Write) -> io::Result<()> {
        let row = row.iter().map(|cell| visible(cell).into_owned()).collect();
        match &mut self.rows {
            Some(rows) if rows.len() < LOOKED_AT => rows.push(row),
            Some(_) => {
                self.write_first(out)?;
                self.write(&row, out)?;
            }
            None => self.write(&row, out)?,
        }
        Ok(())
    }

    pub(crate) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        self.write_first(out)
    }

    fn write_first(&mut self, out: &mut impl Write) -> io::Result<()> {
        let Some(rows) = self.rows.take() else {
            return Ok(());
        };
        for row in &rows {
            for (column, cell) in self.columns.iter_mut().zip(row) {
                column.width = column.width.max(cell.width().min(WIDEST));
            }
        }
        let titles: Vec<_> = self
            .columns
            .iter()
            .map(|column| column.title.clone())
            .collect();
        self.write(&titles, out)?;
        rows.iter().try_for_each(|row| self.write(row, out))
    }

    fn write(&self, row: &[String], out: &mut impl Write) -> io::Result<()> {
        let mut line = String::new();
        for (column, cell) in self.columns.iter().zip(row) {
            let space = " ".repeat(column.width.saturating_sub(cell.width()));
            match column.is_right {
                true => line += &format!("{space}{cell}  "),
                false => line += &format!("{cell}{space}  "),
            }
        }
        writeln!(out, "{}", line.trim_end())
    }
}
